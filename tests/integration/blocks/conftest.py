import pytest
from tests.office import Office, open_office

from whereupon.db.pool import Database


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)
