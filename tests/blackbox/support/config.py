"""Configurations as dictionaries; JSON is one of the two forms the program reads."""


def endpoint(url, **blocks):
    return {"url": url, "timeout": 10000, **blocks}


def tools(**named):
    """tools(shop={"api": endpoint(...)}) is a file with one tool `shop`."""
    return {
        "version": 1,
        "tools": [{"name": name, "externalAPIs": apis} for name, apis in named.items()],
    }


def single(url, **blocks):
    """One tool `shop` with one endpoint `api`."""
    return tools(shop={"api": endpoint(url, **blocks)})
