"""People who are signed in, and patients, for tests of pages that are not for everybody."""

from undisc.accounts.people.model import Method, PatientKey, Person, Role, SignedIn
from undisc.app import App

COOKIE = "undisc_me"


def somebody(app: App, *roles: Role, name: str = "Sam Sample", email: str = "") -> Person:
    """A person with these roles and no way of signing in."""
    new = Person(0, name, email, "", "", frozenset(roles))
    return app.trail.run(lambda work: app.people.add_person(work, new))


def token_of(app: App, person: Person, method: Method = Method.PASSKEY) -> str:
    """The token of a new session of somebody."""
    return app.trail.run(lambda work: app.people.begin(work, person.id, method, "127.0.0.1", "test"))[0]


def signed_in_as(app: App, *roles: Role, name: str = "Sam Sample", email: str = "") -> str:
    """The value of the cookie undisc_me for somebody new with these roles."""
    return token_of(app, somebody(app, *roles, name=name, email=email))


def patient_of(app: App, key: PatientKey, name: str = "Pat Patient", email: str = "") -> str:
    """The value of the cookie undisc_me for the patient with this key, as after a link has proven them."""
    person = app.trail.run(lambda work: app.people.person_for_patient(work, key, name=name, email=email))
    return token_of(app, person, Method.LINK)


def proxy_of(app: App, key: PatientKey, kind: str = "parent", name: str = "Robin Relative") -> str:
    """The value of the cookie undisc_me for somebody who may see this patient's pictures as their proxy."""
    person = somebody(app, Role.PROXY, name=name)
    app.trail.run(lambda work: app.people.relate(work, person.id, key, kind, None, "operator"))
    return token_of(app, person)


def me(app: App, token: str) -> SignedIn:
    """The session behind a cookie's value."""
    found = app.people.signed_in(token)
    assert found is not None
    return found
