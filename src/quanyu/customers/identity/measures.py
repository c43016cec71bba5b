"""What can be measured about who a customer is: pinned tables in, one row per customer out."""

import ibis
from ibis import _

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS
from quanyu.foundation.measuring import Field, Measure, Scope
from quanyu.foundation.text import Text


def countries(scope: Scope) -> ibis.Table:
    """Columns customer, country: that of the customer's record which was observed last and names one.

    Ties go to the later import, then to the higher record. Records have no history here: `as_of` does not bind them.
    """
    named = scope.tables[RECORDS.name].filter(_.country.notnull())
    mapped = named.inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    recency = ibis.struct({"observed_at": _.observed_at, "import_number": _.import_number, "record": _.record})
    return mapped.group_by("customer").agg(country=_.country.argmax(recency))


COUNTRIES = Measure("countries", (RECORDS, CUSTOMER_OF_RECORD), countries)

FIELDS = (Field("identity.country", "country", "code", Text("Country", "国家"), COUNTRIES),)
