"""``python -m app.cli``: how supervised processes are started, whatever is on the PATH."""

from app.cli import main

main()
