"""What a pretrained network sees in pictures: `load` gives a `Classifier` that many may share.

classifier, prediction   the network and its answers
batches, loading         pictures prepared while the network runs; `load`
answers                  several networks on one picture: ladder, ensemble, resolution dial
perturbations, breakage  damage to the picture; the usual mistakes in preprocessing
labelled_files           pictures in folders, zips and uploads, and their classes
evaluation               accuracy on labelled pictures, resumed after a break
loaded_networks          networks in memory, shared within a budget
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
