"""The formats of feeds, sitemaps and newsletters. They run in the worker: the bytes are a stranger's."""
