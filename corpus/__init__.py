"""Documents to passages: reading files, finding their structure, cutting them where their meaning ends."""
