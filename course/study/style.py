"""The look of the course's pictures: colour-blind-safe colours (Okabe and Ito), light frames, text that can be read in JupyterLab."""

import matplotlib as mpl
from cycler import cycler

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")


def use_style() -> None:
    """Set the course's style for all pictures of this process."""
    mpl.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 12,
            "axes.titlepad": 10,
            "axes.labelsize": 10.5,
            "figure.figsize": (7, 3.2),
            "figure.constrained_layout.use": True,
            "font.size": 10.5,
            "legend.frameon": False,
            "savefig.dpi": 110,
            "figure.dpi": 110,
        }
    )
