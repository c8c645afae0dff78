"""Training: schedules that grow, regularisation, a small exact trainer, and the scaling experiment.

    schedule      progressive learning as arithmetic          no torch
    recipe        everything that decides a run, as data      no torch
    runs          runs as folders and processes               no torch
    plan          networks at equal cost, candidates          no torch
    data          pictures to train on                        numpy
    augment       MixUp, CutMix, RandAugment, DropBlock       torch from here on
    optim         RMSProp as TensorFlow has it, rates, averages
    trainer       the loop
    experiment    many runs on any executor
    transfer      a linear head on a pretrained network
    run           what happens in a run's own process

The page reads the first four only, so it opens without torch.
"""
