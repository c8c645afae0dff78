"""Figures: records in, `plotly.graph_objects.Figure` out, named for what they show.

They own every title, axis, unit and mark, compute nothing and never show themselves. Computed
numbers are lines and solid bars, measured ones filled dots, published ones hollow diamonds.
Every function takes `dark=True` for a dark page.
"""

from effnet.figures.anatomy import block_anatomy
from effnet.figures.architecture import network_drawing
from effnet.figures.compare import accuracy_against_cost, promise_to_real
from effnet.figures.comparisons import option_gains, paired_ratios
from effnet.figures.cost import cost_by_stage, cost_treemap
from effnet.figures.counters import counters_compared
from effnet.figures.dimensions import accuracy_by_way, equal_budget_drawings
from effnet.figures.equal_cost import equal_cost_map, equal_cost_surface
from effnet.figures.explain import (
    deletion_and_insertion,
    forced_gates,
    gate_values,
    map_in_box,
    randomised_maps,
)
from effnet.figures.fused import fused_race, step_against_size, where_to_deepen
from effnet.figures.latency import latency_samples, prediction_check
from effnet.figures.memory import kept_memory, live_memory
from effnet.figures.papers import exhibit_redrawn
from effnet.figures.prediction import ladder, mistakes, probability_curves, top_classes
from effnet.figures.published import published_times, ratios_beside
from effnet.figures.rewards import rewards
from effnet.figures.scaling import macs_along_phi
from effnet.figures.schedule import block_survival, schedule_staircase
from effnet.figures.search import budget_front, coefficient_grid, promised_and_real
from effnet.figures.stage_times import roofline, stage_mirror
from effnet.figures.sweeps import batch_sweep, proxies, time_sweep
from effnet.figures.train import (
    groups_by_way,
    run_curves,
    scaling_experiment,
    time_and_accuracy,
)

__all__ = [
    "accuracy_against_cost",
    "accuracy_by_way",
    "batch_sweep",
    "block_anatomy",
    "block_survival",
    "budget_front",
    "coefficient_grid",
    "cost_by_stage",
    "cost_treemap",
    "counters_compared",
    "deletion_and_insertion",
    "equal_budget_drawings",
    "equal_cost_map",
    "equal_cost_surface",
    "exhibit_redrawn",
    "forced_gates",
    "fused_race",
    "gate_values",
    "groups_by_way",
    "kept_memory",
    "ladder",
    "latency_samples",
    "live_memory",
    "macs_along_phi",
    "map_in_box",
    "mistakes",
    "network_drawing",
    "option_gains",
    "paired_ratios",
    "prediction_check",
    "probability_curves",
    "promise_to_real",
    "promised_and_real",
    "proxies",
    "published_times",
    "randomised_maps",
    "ratios_beside",
    "rewards",
    "roofline",
    "run_curves",
    "scaling_experiment",
    "schedule_staircase",
    "stage_mirror",
    "step_against_size",
    "time_and_accuracy",
    "time_sweep",
    "top_classes",
    "where_to_deepen",
]
