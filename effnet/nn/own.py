"""Somebody's own weights as a network: what was in the file, how it fits, what is not known."""

from dataclasses import dataclass

from effnet.network import Spec
from effnet.nn.model import Network
from effnet.nn.namings import padded_as_trained, unsaid
from effnet.nn.reading import Contents
from effnet.nn.weight_files import Fit, built, fit
from effnet.weights import Preprocessing, Source, sources


@dataclass(frozen=True, slots=True)
class Own:
    """A file that was read, beside the network that it is for.

    Attributes:
        source: The file, and what is said of it.
        spec: The network, padded as its project's are.
        fit: How the two fit.
        preprocessing: How pictures are prepared.
        doubt: What may make all answers wrong, in words; "" where nothing does.
        notes: What was chosen, stripped, filled in, left aside or guessed, in words.
    """

    source: Source
    spec: Spec
    fit: Fit
    preprocessing: Preprocessing
    doubt: str
    notes: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names that lie beside the file, where they are as many as its outputs."""
        names = self.source.classes
        return names if len(names) == self.fit.classes else ()

    def network(self) -> Network:
        """The network with the weights; `EffnetError` where they do not fit."""
        return built(self.spec, self.fit, origin=str(self.source.file))


def opened(
    source: Source, contents: Contents, spec: Spec, preprocessing: Preprocessing | None = None
) -> Own:
    """Hold a file's content against a network.

    Args:
        source: The file, and what is said of it.
        contents: What it holds.
        spec: The network.
        preprocessing: Where the caller knows better than what lies beside the file.
    """
    spec = padded_as_trained(spec, contents.state, source.name)
    fitted = fit(spec, contents.state)
    notes = (*contents.notes, *fitted.notes, *(() if preprocessing else source.notes))
    chosen = preprocessing or source.preprocessing
    if chosen is None:
        chosen, guess = sources.guessed(spec, str(source.file))
        notes += (guess,)
    doubt = unsaid(spec, contents.state, source.name)
    return Own(source, spec, fitted, chosen, doubt, notes)
