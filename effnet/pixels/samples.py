"""Sample photos that are there offline: inside the wheels of scikit-image and scikit-learn."""

from dataclasses import dataclass
from pathlib import Path

from effnet.base import check_known, content
from effnet.weights import package_folder


@dataclass(frozen=True, slots=True)
class Sample:
    """A photo, who made it, and on what terms it may be used."""

    name: str
    title: str
    credit: str
    licence: str
    package: str
    file: str

    @property
    def path(self) -> Path | None:
        """Where it lies; None where the package is not installed."""
        folder = package_folder(self.package)
        path = folder / self.file if folder else None
        return path if path and path.is_file() else None


SAMPLES = tuple(Sample(name, **told) for name, told in content("samples").items())


def list_samples() -> list[Sample]:
    """The sample photos whose files are on this machine."""
    return [sample for sample in SAMPLES if sample.path]


def get_sample(name: str) -> Sample:
    """The sample photo of that name; `EffnetError` where there is none."""
    samples = {sample.name: sample for sample in list_samples()}
    check_known("sample photo", name, samples)
    return samples[name]
