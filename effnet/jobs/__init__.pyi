from .turns import Job as Job
from .turns import Turns as Turns
from .turns import machine as machine
