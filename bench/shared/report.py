def section(results, micro): return str(results.keys())
def put_into(path, section): pass
