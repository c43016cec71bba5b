"""What a confidence promises is held against the truth, band by band."""

import numpy as np

from quanyu.customers.identity.evaluation.model import Sureness
from quanyu.customers.identity.evaluation.sureness import in_bands


def test_customers_of_several_records_are_counted_by_band():
    component = np.array([0, 0, 1, 1, 2, 3, 3, 3])
    person = np.array([0, 0, 1, 2, 3, 4, 4, 4])
    confidence = np.array([0.95, 0.96, 1.0, 0.999])
    assert in_bands(component, person, confidence) == (Sureness(0.95, 2, 0.955, 0.5), Sureness(0.998, 1, 0.999, 1.0))


def test_nobody_has_no_bands():
    assert in_bands(np.empty(0, np.int64), np.empty(0, np.int64), np.ones(0)) == ()
