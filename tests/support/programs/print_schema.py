"""Migrate an empty database and print its schema as JSON.

With `--one-by-one`, apply the migrations that the squashed ones replace, as earlier releases
did.
"""

import json
import sys

import django

django.setup()

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index'",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}

executor = MigrationExecutor(connection)
targets = executor.loader.graph.leaf_nodes()
if "--one-by-one" in sys.argv:
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    graph = executor.loader.graph
    targets = [key for key in graph.leaf_nodes() if not graph.nodes[key].replaces]
executor.migrate(targets)

introspection = connection.introspection
schema = {}
with connection.cursor() as cursor:
    for table in introspection.table_names(cursor):
        columns = introspection.get_table_description(cursor, table)
        schema[table] = {
            "columns": sorted(
                [c.name, c.type_code, c.internal_size, c.null_ok] for c in columns
            ),
            "constraints": introspection.get_constraints(cursor, table),
        }
    cursor.execute(INDEXES[connection.vendor])
    schema["indexes"] = sorted(cursor.fetchall())
print(json.dumps(schema, sort_keys=True))
