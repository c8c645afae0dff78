"""Training: schedules that grow, regularisation, a small exact trainer, and the scaling experiment.

    schedule      progressive learning as arithmetic          no torch
    recipe        everything that decides a run, as data      no torch
    runs          runs as folders and processes               no torch
    plan          networks at equal cost, candidates          no torch
    data          pictures to train on                        numpy
    results       an experiment's table, summed up over seeds no torch
    experiment    the experiments as lists of trainings       no torch
    race          networks that learn side by side            no torch
    sweep         many trainings on any executor              torch where it trains
    words         what a run's files say, in two languages    no torch
    augment       MixUp, CutMix, RandAugment, DropBlock       torch from here on
    optim         RMSProp as TensorFlow has it, rates, averages
    batches       from pictures to batches
    machine       devices, processes, clocks
    trainer       the loop
    transfer      a linear head on a pretrained network
    run           what happens in a run's own process

The page reads those without torch only, so it opens without it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
