"""webhook: verifies what comes in, stores a hint, answers.

functions-framework --source functions/webhook/main.py --target webhook
"""

from penstock.base.options import Role
from penstock.runtime.function import function

webhook = function(Role.WEBHOOK)
