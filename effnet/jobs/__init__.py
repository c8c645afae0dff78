"""Work that outlives a page's run: ask for it, look at it, stop it, take what it gave.

    job      what is known of any job at one moment, and a job in a thread
    queue    who comes next: so many at once, so many for each visitor
    runs     trainings: folders and processes that outlive the app

Two kinds of work stand behind one record, `Progress`, and are stopped the same way. A `Job` runs in
a thread of the app: a measurement, a slow map, many pictures. It ends with the app, and its visitor
asks again. A `Run` is a folder with a process of its own: it goes on when the app ends, and after
the machine itself was off it is resumed from its checkpoint.

Both wait in a line, so that visitors neither measure each other nor fill the machine: `measuring`
has one place, since two measurements at once would measure each other; `working` has two; trainings
have one. Each visitor has a few places in a line, and each line has an end; who comes later is told
so in a sentence, as the error of a job that never began. No torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
