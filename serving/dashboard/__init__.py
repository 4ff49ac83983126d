"""The dashboard: what is in Production and why, whether traffic still looks like it, what happened, what waits.

look.py gathers one plain value a look, each part by the module that is named after it; document.py makes one page of
it that needs nothing else. The page draws in the browser, so that the file and `/dashboard` are the same page: the file
carries its value, the served one fetches it from `/v1/dashboard` again and again.
"""
