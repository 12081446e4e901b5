"""What others ask to be published: received, waiting, worked on in a process with limits, told of until it is old.

All of it stands in files below the store, so that any process of the service may be asked, and a restart loses nothing.
"""

from minshu.jobs.process import Stopped
from minshu.jobs.records import ENDED, Job, Jobs, State
from minshu.jobs.runner import Runner
from minshu.jobs.validations import Validations

__all__ = ["ENDED", "Job", "Jobs", "Runner", "State", "Stopped", "Validations"]
