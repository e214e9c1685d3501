"""apply: all due Kustomizations of one source revision to the cluster.

functions-framework --source functions/apply/main.py --target apply
"""

from penstock.base.options import Role
from penstock.runtime.function import function

apply = function(Role.APPLY)
