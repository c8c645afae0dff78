from .making import CROPS as CROPS
from .making import quantize as quantize
from .record import Agreement as Agreement
from .record import LayerNoise as LayerNoise
from .record import Quantized as Quantized
