"""A picture as the tensor that a network is fed, for data loaders: for evaluation or training."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from effnet.pixels.preparation import Source, as_fed, open_image, to_array
from effnet.weights import Preprocessing

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Transform:
    """Turns a picture into `(3, R, R)` float32; goes into a DataLoader's workers.

    Attributes:
        preprocessing: Sizes, interpolation, mean and standard deviation.
        train: False for exactly what `Classifier.predict` feeds; True for a random resized crop
            (8 to 100 % of the picture, arXiv:1409.4842) and a flip of every other picture, drawn
            from PyTorch's random numbers.
    """

    preprocessing: Preprocessing
    train: bool = False

    def __call__(self, image: Source) -> "Tensor":
        import torch

        how = self.preprocessing
        seen = self._cropped(open_image(image)) if self.train else as_fed(image, how)
        return torch.from_numpy(to_array(seen, how))

    def _cropped(self, picture: Image.Image) -> Image.Image:
        from torchvision.transforms import InterpolationMode
        from torchvision.transforms.v2 import Compose, RandomHorizontalFlip, RandomResizedCrop

        how = InterpolationMode(self.preprocessing.interpolation)
        crop = RandomResizedCrop(self.preprocessing.crop, interpolation=how)
        seen: Image.Image = Compose([crop, RandomHorizontalFlip()])(picture)
        return seen
