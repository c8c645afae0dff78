"""The gallery's facts: what each regularisation is, who uses it, what is often got wrong. No torch.

Sources: the papers named in each entry; what EfficientNet's papers and released code use, from
arXiv:1905.11946v5 section 5.2, arXiv:2104.00298v3 section 5.1 and Table 6, and the code.
"""

from dataclasses import dataclass

from effnet.base import content


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


EXHIBITS = {name: Exhibit(**facts) for name, facts in content("regularisations").items()}
