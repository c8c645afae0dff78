"""The live camera inside a notebook: what Classify shows, drawn by the same module.

Frames and answers are messages, no state of the widget: none is written into the notebook's file.
"""

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from effnet.base import language
from effnet.classify import Classifier, answer_frame, jpeg
from effnet.web import camera_data, camera_module, source

HOST_JS = """
export default {
  render({ model, el }) {
    const place = document.createElement('div');
    el.append(place);
    const send = (kind, value) => model.send({ [kind]: value });
    // a busy kernel loses nothing: it answers when it is free
    const camera = mount(place, model.get('handed'), send, { patience: 0 });
    const follow = () => camera.set(model.get('handed'));
    model.on('msg:custom', camera.hear);
    model.on('change:handed', follow);
    return () => {
      model.off('msg:custom', camera.hear);
      model.off('change:handed', follow);
      camera.destroy();
    };
  },
};
"""


class Camera(anywidget.AnyWidget):
    """The camera's picture under the map, the best classes as bars, and a button that freezes it.

    Args:
        classifier: Who is asked; `ask` names another one.
        take: Called with the JPEG of a frozen frame; b"" where the browser sent none.
        written_in: A language, of `language.LANGUAGES`.
    """

    _esm = camera_module() + HOST_JS
    _css = source("camera.css")
    handed = traitlets.Dict().tag(sync=True)

    def __init__(
        self, classifier: Classifier, take: Callable[[bytes], None], written_in: str
    ) -> None:
        super().__init__()
        self._take, self._language = take, written_in
        self.ask(classifier)
        self.on_msg(self._heard)

    def ask(self, classifier: Classifier) -> None:
        """Let this network answer from now on."""
        self._classifier = classifier
        with language.speaking(self._language):
            self.handed = camera_data(classifier.preprocessing.resize)

    def _heard(self, _: object, said: Mapping[str, Any], __: object) -> None:
        if "frozen" in said:
            self._take(jpeg(said["frozen"]))
        elif "frame" in said:
            with language.speaking(self._language):
                self.send(answer_frame(self._classifier, said["frame"]))
