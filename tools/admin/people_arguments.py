"""The options of the commands about a tenant's members."""

from argparse import ArgumentParser

from shared.domain.people.members import ROLES
from tools.admin import people_commands
from tools.admin.parsing import Command, add, add_reason, add_tenant


def add_member(parser: ArgumentParser) -> None:
    """Add the commands about a tenant's members."""
    actions = parser.add_subparsers(required=True, metavar="{add,list,remove}")
    new = add(
        actions,
        Command(
            name="add",
            run=people_commands.add_member,
            help="make a user with a verified address a member of a tenant, without an invitation",
            example="member add --tenant acme --email ada@example.com --role owner",
            changes=True,
        ),
    )
    new.add_argument("--email", required=True)
    new.add_argument("--role", required=True, choices=ROLES)
    listing = add(
        actions,
        Command(
            name="list",
            run=people_commands.list_members,
            help="list members, with the number of valid keys that each created",
            example="member list --tenant acme",
        ),
    )
    remove = add(
        actions,
        Command(
            name="remove",
            run=people_commands.remove_member,
            help="remove a member, and list the keys they created, which still work",
            example='member remove --tenant acme --member ada@example.com --reason "left the company"',
            changes=True,
        ),
    )
    remove.add_argument("--member", required=True, metavar="EMAIL|ID")
    add_reason(remove)
    add_tenant(new, listing, remove)
