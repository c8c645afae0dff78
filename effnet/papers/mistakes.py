"""What write-ups of the two papers often get wrong: each as what is true, with its source."""

from effnet.base import mark
from effnet.papers.records import Mistake
from effnet.papers.sources import AUTOML, LITE_README, TPU, V1_PAPER, V2_PAPER

MISTAKES = (
    Mistake(
        mark("The subject"),
        mark(
            "Compound scaling is what the first paper is about: depth alpha^phi, width beta^phi "
            "and resolution gamma^phi grow together, with alpha x beta^2 x gamma^2 close to 2."
        ),
        f"{V1_PAPER} section 3.3",
    ),
    Mistake(
        mark("Which letter is which"),
        mark("alpha belongs to depth, beta to width, gamma to resolution."),
        f"{V1_PAPER} equation 3",
    ),
    Mistake(
        mark("How cost grows"),
        mark(
            "Multiply-adds grow about as (alpha x beta^2 x gamma^2)^phi: width and resolution "
            "count squared."
        ),
        f"{V1_PAPER} section 3.3",
    ),
    Mistake(
        mark("FLOPS"),
        mark("The papers' FLOPS are multiply-adds for one image, counted once; they are no speed."),
        f"{V1_PAPER} Table 2; counted here",
    ),
    Mistake(
        mark("Names and phi"),
        mark("B1 is not phi = 1. That gives B2's widths and depths, and no single phi gives B7."),
        f"{TPU}/efficientnet_builder.py; computed here",
    ),
    Mistake(
        mark("Width factors"),
        mark("They are 1.0, 1.0, 1.1 and 1.2 for B0 to B3 and never lie under 1."),
        f"{TPU}/efficientnet_builder.py",
    ),
    Mistake(
        mark("Rounding channels"),
        mark(
            "Channels go to the nearest multiple of 8 and never under 90 % of the exact value; "
            "powers of two have nothing to do with it."
        ),
        f"{TPU}/efficientnet_model.py",
    ),
    Mistake(
        mark("Resolution"),
        mark(
            "It is one of the three dimensions that are scaled, and no resolutions were searched. "
            "B0's stages work at 112, 56, 28, 14 and 7 px."
        ),
        f"{V1_PAPER} section 3 and Table 1",
    ),
    Mistake(
        mark("The inverted residual"),
        mark(
            "Narrow, wide, narrow: MobileNetV2 brought it. Kernel sizes were fixed by the search; "
            "nothing chooses them while the network runs."
        ),
        f"arXiv:1801.04381; {V1_PAPER} section 4",
    ),
    Mistake(
        mark("Shortcuts"),
        mark(
            "They lie inside a block, and only where its stride is 1 and its channels stay the "
            "same: 9 of B0's 16 blocks. None spans the network."
        ),
        f"{TPU}/efficientnet_model.py; counted here",
    ),
    Mistake(
        mark("Squeeze-and-excitation"),
        mark(
            "Hu and others introduced it. Global pooling stays; two 1 x 1 layers and a sigmoid "
            "follow it and weigh the channels."
        ),
        f"arXiv:1709.01507; {TPU}/efficientnet_model.py",
    ),
    Mistake(
        mark("DropBlock"),
        mark(
            "Neither paper uses it. It is by Ghiasi, Lin and Le, and sets square patches of a "
            "feature map to zero, not circles of the photo to noise."
        ),
        "arXiv:1810.12890",
    ),
    Mistake(
        mark("MixUp"),
        mark(
            "The weight is drawn from Beta(a, a), which is uniform only for a = 1, and labels are "
            "mixed too. The first paper did not train with it."
        ),
        f"arXiv:1710.09412; {V1_PAPER} section 5.2",
    ),
    Mistake(
        mark("Stochastic depth"),
        mark(
            "Huang and others introduced it. It drops whole residual branches at random in "
            "training; at test time every block runs."
        ),
        f"arXiv:1603.09382; {TPU}/efficientnet_model.py",
    ),
    Mistake(
        mark("Where progressive learning starts"),
        mark(
            "The first image size and the first strength of regularisation are chosen by hand; "
            "they are not random."
        ),
        f"{V2_PAPER} section 4.2; {AUTOML}/hparams.py",
    ),
    Mistake(
        mark("ImageNet's size"),
        mark(
            "ILSVRC 2012 has about 1.28 million training images, 50,000 for validation and 1000 "
            "classes."
        ),
        f"{V2_PAPER} section 5.1",
    ),
    Mistake(
        mark("Which accuracies"),
        mark("B7's 84.4 and 97.1 % are those of the early versions; v5 prints 84.3 and 97.0 %."),
        f"ICML version, arXiv v2, v3 and v5, Table 2; {V1_PAPER}",
    ),
    Mistake(
        mark("Gains of Table 3"),
        mark(
            "2.9 and 2.6 points are gained over the worst single dimension of the MobileNets, "
            "0.7 over the best of ResNet-50: three numbers with different baselines."
        ),
        f"{V1_PAPER} Table 3",
    ),
    Mistake(
        mark("What was tried"),
        mark(
            "The first paper reports B0 to B7 as single networks on single crops, trained from "
            "scratch, and eight transfer sets. It has no study of sampling or pooled predictions."
        ),
        f"{V1_PAPER} section 5",
    ),
    Mistake(
        mark("Speed measurements"),
        mark(
            "Table 4 times B1 against ResNet-152 and B7 against GPipe, one image on one core of a "
            "Xeon. There is no study of B0 on several machines."
        ),
        f"{V1_PAPER} Table 4",
    ),
    Mistake(
        mark("Precision"),
        mark("The official code trains with bfloat16 activations unless told otherwise."),
        f"{TPU}/main.py",
    ),
    Mistake(
        mark("Looking inside"),
        mark(
            "The first paper does explain its networks: Figure 7 and Table 7 compare class "
            "activation maps of four ways to scale."
        ),
        f"{V1_PAPER} Figure 7 and Table 7",
    ),
    Mistake(
        mark("Earlier networks"),
        mark(
            "MobileNetV2, MnasNet and ResNeXt do not quantise. ResNeXt-101 is one of the large "
            "ones (84 M parameters, 32 G multiply-adds). No distillation is used."
        ),
        f"{V1_PAPER} Table 2",
    ),
    Mistake(
        mark("EfficientNet-Lite"),
        mark(
            "It is a family of its own, trained without squeeze-and-excitation and with ReLU6, "
            "not a tool that converts the others."
        ),
        LITE_README,
    ),
)
