"""The page that `dvc plots show` fills: with the scripts in it, since DVC's own loads them from the network."""

from pathlib import Path

from pipeline.files import write_text

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Plots</title>
{{refresh_tag}}
<script>{script}</script>
<style>
body {{ font-family: system-ui, sans-serif; margin: 1.5rem }} table {{ border-spacing: 15px }}
.vega-embed {{ vertical-align: top; max-width: 100%; overflow-x: auto; margin: 0 1rem 1rem 0 }}
</style>
</head>
<body>
{{plot_divs}}
</body>
</html>
"""
EXPOSE = "window.vegaEmbed = vegaEmbed;"


def write_page(folder: Path) -> Path:
    """Writes page.html once; `.dvc/config` names it as DVC's template."""
    page = folder / "page.html"
    if not page.exists():
        import vl_convert

        script = vl_convert.javascript_bundle(EXPOSE).replace("</script", "<\\/script")
        write_text(page, PAGE.format(script=script))
    return page
