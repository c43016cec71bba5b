"""Work that runs in the background, one batch a job."""
