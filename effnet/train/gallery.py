"""The gallery's facts: what each regularisation is, who uses it, what is often got wrong. No torch.

Sources: the papers named in each entry; what EfficientNet's papers and released code use, from
arXiv:1905.11946v5 section 5.2, arXiv:2104.00298v3 section 5.1 and Table 6, and the code.
"""

from dataclasses import dataclass

from effnet.base import mark


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One regularisation.

    Attributes:
        name: As written in text.
        formula: Its definition, in TeX.
        words: What the symbols mean.
        used: What each EfficientNet paper does with it.
        mistake: What is often said of it, and what is true.
        source: Where it was defined.
    """

    name: str
    formula: str
    words: str
    used: str
    mistake: str
    source: str


EXHIBITS: dict[str, Exhibit] = {
    "randaugment": Exhibit(
        "RandAugment",
        r"\tilde x = o_N(\dots o_1(x, M)\dots, M),\quad o_i \sim \mathrm{Uniform}(14)",
        mark("N operations drawn from 14, all with the same magnitude M; here N = 2, M of 30."),
        mark("V2: magnitude 5 to 15, 20 or 25 (S, M, L), growing. V1: AutoAugment instead."),
        mark("Magnitudes above 10 are legal: the scale is linear and goes to 30."),
        "arXiv:1909.13719",
    ),
    "mixup": Exhibit(
        "MixUp",
        r"\tilde x = \lambda x_i + (1-\lambda) x_j,\quad \tilde y = \lambda y_i + (1-\lambda) y_j,"
        r"\quad \lambda \sim \mathrm{Beta}(\alpha, \alpha)",
        mark("Two pictures and their labels, mixed by the same share."),
        mark("V2: alpha 0 to 0 (S), 0.2 (M), 0.4 (L; the code says 0.5). V1 never mentions it."),
        mark("Labels are mixed too, and lambda is uniform only for alpha = 1."),
        "arXiv:1710.09412",
    ),
    "cutmix": Exhibit(
        "CutMix",
        r"\tilde x = M \odot x_A + (1-M) \odot x_B,\quad \tilde y = \lambda y_A + (1-\lambda) y_B",
        mark(
            "A box with sides H and W times the root of 1 - lambda; labels by the box's real area."
        ),
        mark(
            "Neither paper mentions it; V2's code gives it one half of every batch, MixUp the "
            "other."
        ),
        mark(
            "A box that the border clips is smaller: the label follows the real area, not the "
            "lambda that was drawn."
        ),
        "arXiv:1905.04899",
    ),
    "dropout": Exhibit(
        mark("Dropout"),
        r"\tilde h = \frac{b \odot h}{1-p},\quad b_k \sim \mathrm{Bernoulli}(1-p)",
        mark(
            "Each of the 1280 pooled features is left out with chance p, the others are scaled up."
        ),
        mark(
            "V1: 0.2 (B0) to 0.5 (B7). V2: 0.1 to 0.3, 0.4, 0.5 in the paper; constant in the code."
        ),
        mark("Only before the classifier, never between convolutions; and never when testing."),
        mark("Srivastava et al. 2014"),
    ),
    "dropblock": Exhibit(
        "DropBlock",
        r"\gamma = \frac{(1-k)\,s^2}{b^2\,(s-b+1)^2}",
        mark(
            "Squares of b x b on a feature map of s x s begin with chance gamma; k is to be kept."
        ),
        mark("Neither paper, nor their code, uses it."),
        mark(
            "The holes are squares on feature maps, filled with zeros: not circles, not on the "
            "photo, not noise."
        ),
        "arXiv:1810.12890",
    ),
    "stochastic depth": Exhibit(
        mark("Stochastic depth"),
        r"x_{l+1} = x_l + \frac{b_l}{p_l} f_l(x_l),\quad p_l = 1 - \frac{l}{L}(1 - p_L)",
        mark("A block's whole branch is left out for some pictures; the skip stays."),
        mark("V1 and V2: survival 0.8; the code drops block i of N with 0.2 i / N."),
        mark(
            "Only blocks with a skip can be left out: 9 of B0's 16. Testing uses all of them. "
            "Called drop connect in the code, it is not DropConnect of single weights."
        ),
        "arXiv:1603.09382",
    ),
}
