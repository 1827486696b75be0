"""For people while they write: explain, schema, reference pages, formatting."""
