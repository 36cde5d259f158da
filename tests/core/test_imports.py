from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import sys
import app.core.migrations, app.modules.accounts.service, app.modules.credits.service
print(*sorted({'fastapi', 'starlette', 'alembic', 'dbos'} & set(sys.modules)))
"""


def test_a_command_can_use_the_services_without_loading_a_server() -> None:
    """FastAPI costs half a second to import, Alembic more: a command line should not wait for what it does not use."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
