from .explorer import explore as explore
