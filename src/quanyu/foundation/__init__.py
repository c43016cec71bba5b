"""What every room stands on: settings, errors, time, database, lake, sets, bus, jobs, access."""
