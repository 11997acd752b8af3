"""What every built document says about itself."""

AUTHOR = "Beleidswijzer"
RUNNING_HEADER = "Beleidswijzer · eigen samenvatting, geen officiële tekst"
