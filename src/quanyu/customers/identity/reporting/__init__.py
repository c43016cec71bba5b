"""The ID report: how many customers can be identified, tagged and reached, per source, and what to mend next."""
