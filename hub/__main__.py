"""`python -m hub` is the command `hub`."""

import sys

from hub.cli import main

sys.exit(main())
