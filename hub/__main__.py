"""`python -m hub` runs the command `hub`."""

import sys

from hub.cli import main

sys.exit(main())
