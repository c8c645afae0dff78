from .builder import PARTS as PARTS
from .builder import Part as Part
from .builder import build as build
from .site_pages import SCRIPTS as SCRIPTS
