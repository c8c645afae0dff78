from .checks import Checked as Checked
from .checks import check as check
from .explorer import explore as explore
from .photo_explorer import explore_photo as explore_photo
