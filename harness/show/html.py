def to_html(report, lang): return "<html></html>"
