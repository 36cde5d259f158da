from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module", ["app.core.migrations", "app.modules.accounts.service", "app.modules.credits.service"]
)
def test_a_command_can_use_the_services_without_loading_a_server(module: str) -> None:
    """FastAPI costs half a second to import, Alembic more: a command line should not wait for what it does not use."""
    program = f"import sys, {module}; print(*sorted({{'fastapi', 'starlette', 'alembic', 'dbos'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
