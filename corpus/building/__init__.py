"""How the PDF and the DOCX of the starter corpus are made; run `corpus/build_documents.py`."""
