"""From files to checked components: documents, references, overlays, and what is wrong with them."""
