"""Tests. Python keeps here what it compiled, also where the environment says otherwise, as images of containers do:
every process that is started would compile its libraries anew, which takes longer than all else in its start.
"""

import os
import sys

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
