"""EfficientNet and compound scaling: understand, cost, run and see.

One folder is one idea with one door. A room imports rooms of its own floor and below:

    5  app, notebook, cli             Streamlit; Jupyter; the command line
    4  figures, report, web           Plotly figures; reports and words; the reader's browser
    3  pixels, classify, cam, timing, train, jobs     photos, answers, maps, clocks, trainings
    2  nn                             the same walk as PyTorch modules
    1  counting, scaling, papers, weights     exact counts; designs; what was printed; checkpoints
    0  base, network                  errors, texts, units; what a network is, as data

Public names are resolved on first use: `import effnet` loads neither torch nor Streamlit.
"""

from effnet.base import door

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = door(__name__, __file__)
