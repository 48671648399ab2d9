"""One definition of every measure, used by page, API and report alike. Pure: values in, values out."""
