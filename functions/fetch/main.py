"""fetch: one source object to an artifact in the bucket, and its dependents queued.

functions-framework --source functions/fetch/main.py --target fetch
"""

from penstock.base.options import Role
from penstock.runtime.function import function

fetch = function(Role.FETCH)
