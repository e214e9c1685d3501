"""tick: queues whatever is due, lost or pending.

functions-framework --source functions/tick/main.py --target tick
"""

from penstock.base.options import Role
from penstock.runtime.function import function

tick = function(Role.TICK)
