"""The composition root: settings in, everything that works together out. Nothing else constructs services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from app.avatars.base import AvatarProvider, Providers
from app.avatars.engines.listed import read_engines
from app.avatars.engines.provider import CommandProvider
from app.avatars.studio.provider import StudioProvider
from app.core.auth import JwtVerifier
from app.core.chores import Chores
from app.core.database import Database
from app.core.idempotency import Idempotency
from app.core.migrations import migrate
from app.core.outbound import Outbound
from app.core.pagination import Cursors
from app.core.settings import Settings
from app.core.signing import Signer, load_secret
from app.core.vault import Vault
from app.engine.bell import Bell
from app.engine.client import EngineClient
from app.engine.durable import Durable, reporting
from app.engine.endings import Endings
from app.engine.lease import leases_for
from app.engine.migrations import migrate_engine
from app.engine.worker import EngineWorker, Workflow
from app.housekeeping import Chore, Housekeeping
from app.media.children import Nursery
from app.media.examined import Bounds
from app.modules.accounts.service import Accounts
from app.modules.credits.service import Credits
from app.modules.videos.assets import Videos
from app.modules.videos.avatars import Avatars, ensure_built_in
from app.modules.videos.clips.ranking import Ranker
from app.modules.videos.clips.searching import SearchSteps, SearchWorkflow
from app.modules.videos.clips.service import Clips
from app.modules.videos.clips.transcripts import Transcripts
from app.modules.videos.collector import GRACE, Collector
from app.modules.videos.expiry import Expiry
from app.modules.videos.file_links import FileLinks, StoryboardLinks
from app.modules.videos.files import Files
from app.modules.videos.filing.steps import FilingSteps
from app.modules.videos.filing.workflow import FilingWorkflow
from app.modules.videos.intake.steps import IntakeSteps
from app.modules.videos.intake.workflow import IntakeWorkflow
from app.modules.videos.jobs import Jobs
from app.modules.videos.pipeline.artifacts import Artifacts
from app.modules.videos.pipeline.late import LateTakes
from app.modules.videos.pipeline.receiving import Receiving
from app.modules.videos.pipeline.settle import Settlement
from app.modules.videos.pipeline.steps import Steps
from app.modules.videos.pipeline.takes import TakeSteps
from app.modules.videos.pipeline.workflow import RenderWorkflow
from app.modules.videos.pipeline.workshop import Making, Workshop, sweep_scratch
from app.modules.videos.providers.accounts import ProviderAccounts
from app.modules.videos.providers.catalogues import Catalogues
from app.modules.videos.providers.hooks import HookAddresses, ProviderHooks
from app.modules.videos.providers.known import Connector, KnownProviders
from app.modules.videos.references import References
from app.modules.videos.renders import Renders
from app.modules.videos.uploads import UploadLimits, Uploads
from app.modules.videos.webinars.service import Webinars
from app.speech.voices import VoiceCatalogue
from app.storage.base import BlobStore
from app.storage.links import Links, PartLinks
from app.storage.opening import Storage, open_storage

#: What the nursery imports before the first child is born.
PRELOAD = (
    "app.modules.videos.pipeline.children",
    "app.modules.videos.pipeline.mixing",
    "app.modules.videos.pipeline.surveying",
    "app.modules.videos.clips.children",
    "app.modules.videos.intake.children",
    "app.documents.children",
    "app.avatars.studio.provider",
    "app.avatars.engines.children",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What both API and workers stand on."""

    settings: Settings
    database: Database
    storage: Storage
    voices: VoiceCatalogue
    nursery: Nursery
    providers: Providers
    accounts_elsewhere: ProviderAccounts
    provider_hooks: ProviderHooks
    catalogues: Catalogues
    credits: Credits
    settlement: Settlement

    @property
    def blobs(self) -> BlobStore:
        return self.storage.blobs

    def close(self) -> None:
        self.nursery.close()
        self.database.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What HTTP, MCP and the command line may ask for."""

    platform: Platform
    engine: EngineClient
    accounts: Accounts
    cursors: Cursors
    idempotency: Idempotency
    renders: Renders
    webinars: Webinars
    clips: Clips
    transcripts: Transcripts
    videos: Videos
    references: References
    jobs: Jobs
    avatars: Avatars
    uploads: Uploads
    files: Files

    @property
    def database(self) -> Database:
        return self.platform.database

    @property
    def accounts_elsewhere(self) -> ProviderAccounts:
        return self.platform.accounts_elsewhere

    @property
    def provider_hooks(self) -> ProviderHooks:
        return self.platform.provider_hooks

    @property
    def catalogues(self) -> Catalogues:
        return self.platform.catalogues

    @property
    def credits(self) -> Credits:
        return self.platform.credits

    @property
    def voices(self) -> VoiceCatalogue:
        return self.platform.voices

    @property
    def links(self) -> Links:
        return self.platform.storage.links

    @property
    def part_links(self) -> PartLinks:
        return self.platform.storage.part_links

    def close(self) -> None:
        self.engine.close()
        self.platform.close()


def prepare(settings: Settings) -> None:
    """Make the data folder and bring the database up to date; at every start, by any number of processes at once."""
    settings.data.mkdir(parents=True, exist_ok=True)
    migrate(settings.database)
    database = Database(settings.database)
    with database.named_errors():
        migrate_engine(settings.database, settings.data / "leases")
    with database.session_scope() as session:
        ensure_built_in(session)
    database.close()


def build_platform(settings: Settings, nursery: Nursery | None = None) -> Platform:
    """The database must be up to date: see ``prepare``. ``nursery``: one that was started before."""
    voices, secret, database = VoiceCatalogue(settings.voice_folder), load_secret(settings), Database(settings.database)
    nursery, vault = nursery or Nursery(PRELOAD), Vault(secret)
    credits = Credits()  # noqa: A001 - the field's own word
    outbound = Outbound(allowed=settings.allowed_sources)
    hooks = HookAddresses(signer=Signer(secret, "provider hooks", size=20), base_url=settings.base_url)
    connector = Connector(
        vault=vault, outbound=outbound, first_poll_s=settings.provider_poll_seconds, call_at=hooks.to_send_along
    )
    built_in = _built_in(settings, voices, nursery)
    return Platform(
        settings=settings,
        database=database,
        storage=open_storage(settings, secret),
        voices=voices,
        nursery=nursery,
        providers=KnownProviders(database=database, built_in=built_in, connector=connector),
        accounts_elsewhere=ProviderAccounts(
            vault=vault,
            outbound=outbound,
            connector=connector,
            hooks=hooks,
            taken=set(built_in),
            retired=settings.heygen_v2,
        ),
        provider_hooks=ProviderHooks(vault=vault, addresses=hooks),
        catalogues=Catalogues(database=database, connector=connector),
        credits=credits,
        settlement=Settlement(credits),
    )


def build_services(settings: Settings) -> Services:
    platform = build_platform(settings)
    engine, secret, references = EngineClient(settings.database, _bell(settings)), load_secret(settings), References()
    jobs, renders = Jobs(), _renders(platform, engine)
    return Services(
        platform=platform,
        engine=engine,
        accounts=Accounts(database=platform.database, jwt=JwtVerifier.of(settings)),
        cursors=Cursors(secret),
        idempotency=Idempotency(),
        renders=renders,
        webinars=Webinars(renders=renders, references=references),
        clips=_clips(platform, engine),
        transcripts=_transcripts(platform),
        videos=_videos(platform),
        references=references,
        jobs=jobs,
        avatars=Avatars(providers=platform.providers),
        uploads=_uploads(platform, engine),
        files=Files(links=platform.storage.links, blobs=platform.blobs),
    )


def _videos(platform: Platform) -> Videos:
    links = _file_links(platform, load_secret(platform.settings))
    return Videos(jobs=Jobs(), links=links, settlement=platform.settlement, blobs=platform.blobs)


def _renders(platform: Platform, engine: EngineClient) -> Renders:
    return Renders(
        engine=engine, credits=platform.credits, settlement=platform.settlement, providers=platform.providers
    )


def _transcripts(platform: Platform) -> Transcripts:
    return Transcripts(platform.blobs)


def _clips(platform: Platform, engine: EngineClient) -> Clips:
    return Clips(
        renders=_renders(platform, engine),
        transcripts=_transcripts(platform),
        videos=_videos(platform),
        engine=engine,
    )


def _file_links(platform: Platform, secret: bytes) -> FileLinks:
    settings = platform.settings
    lifetime = timedelta(seconds=settings.download_seconds)
    storyboards = StoryboardLinks(secret, base_url=settings.base_url, lifetime=lifetime)
    return FileLinks(platform.storage.links, storyboards)


def _uploads(platform: Platform, engine: EngineClient) -> Uploads:
    settings = platform.settings
    return Uploads(
        database=platform.database,
        engine=engine,
        blobs=platform.blobs,
        part_links=platform.storage.part_links,
        outbound=Outbound(allowed=settings.allowed_sources),
        limits=UploadLimits(
            most_bytes=settings.max_upload_bytes,
            part_bytes=settings.upload_part_bytes,
            lifetime=timedelta(seconds=settings.upload_seconds),
        ),
    )


def build_worker(platform: Platform, durable: Durable | None = None) -> tuple[EngineWorker, dict[str, Workflow]]:
    """The engine of one worker process, and the workflows it is to run."""
    settings = platform.settings
    workshop = _workshop(platform)
    making = Making(workshop)
    steps, takes = Steps(workshop, making), _takes(settings, workshop, making)
    endings = Endings.at(settings.data, settings.database)
    durable = durable or Durable(_bell(settings), endings)
    story = RenderWorkflow(durable=durable, steps=steps, takes=takes)
    outbound = Outbound(allowed=settings.allowed_sources)
    receiving = Receiving(workshop, outbound, most_bytes=settings.max_upload_bytes)
    arrival = IntakeWorkflow(durable=durable, steps=IntakeSteps(workshop, making, receiving, _bounds(settings)))
    filing = FilingWorkflow(durable=durable, steps=FilingSteps(workshop, making, receiving))
    # Clips of the moments that are found are ordered by the worker that found them.
    clips = _clips(platform, EngineClient(settings.database, _bell(settings)))
    finding = SearchSteps(workshop, making, clips, whisper=settings.whisper_model, ranker=_ranker(settings))
    search = SearchWorkflow(durable=durable, steps=finding)
    workflows: dict[str, Workflow] = {
        "render": reporting(story.render),
        "take": reporting(story.take),
        "sequence": reporting(story.sequence),
        "mix": reporting(story.mix),
        "words": reporting(story.words),
        "survey": reporting(story.survey),
        "package": reporting(story.package),
        "intake": reporting(arrival.intake),
        "check": reporting(arrival.check),
        "segment": reporting(arrival.segment),
        "sound": reporting(arrival.sound),
        "prepare": reporting(arrival.prepare),
        "file": reporting(filing.file),
        "study": reporting(filing.study),
        "pages": reporting(filing.pages),
        "moments": reporting(search.moments),
    }
    leases = leases_for(settings.database, settings.data / "leases")
    return EngineWorker(url=settings.database, leases=leases, bell=_bell(settings), endings=endings), workflows


def _bell(settings: Settings) -> Bell:
    return Bell(settings.data / "bell")


def _workshop(platform: Platform) -> Workshop:
    return Workshop(
        database=platform.database,
        blobs=platform.blobs,
        artifacts=Artifacts(database=platform.database, blobs=platform.blobs),
        providers=platform.providers,
        nursery=platform.nursery,
        settlement=platform.settlement,
        scratch=_scratch(platform.settings),
        prints=platform.settings.data / "cache" / "studio",
    )


def _takes(settings: Settings, workshop: Workshop, making: Making) -> TakeSteps:
    return TakeSteps(workshop, making.progress, patience_s=settings.provider_patience_seconds)


def _ranker(settings: Settings) -> Ranker | None:
    if settings.ranking_url is None or settings.ranking_model is None:
        return None
    key = settings.ranking_key.get_secret_value() if settings.ranking_key is not None else None
    return Ranker(url=settings.ranking_url, model=settings.ranking_model, key=key)


def build_housekeeping(platform: Platform) -> Housekeeping:
    """What every worker process offers to do; whichever comes first does it."""
    expiry = Expiry(database=platform.database, blobs=platform.blobs)
    collector = Collector(database=platform.database, blobs=platform.blobs)
    workshop = _workshop(platform)
    late = LateTakes(workshop, _takes(platform.settings, workshop, Making(workshop)))

    def forget_answers(_going_on: Callable[[], bool]) -> int:
        with platform.database.session_scope() as session:
            return Idempotency().purge(session)

    return Housekeeping(
        Chores(platform.database),
        {
            **_refreshing(platform),
            "expire uploads": (timedelta(minutes=1), lambda _going_on: expiry.expire()),
            "bring late takes": (timedelta(minutes=5), late.collect),
            "forget answers": (timedelta(hours=1), forget_answers),
            "sweep scratch": (
                timedelta(hours=1),
                lambda _going_on: sweep_scratch(_scratch(platform.settings)),
            ),
            "sweep drafts": (
                timedelta(hours=6),
                lambda _going_on: platform.blobs.sweep(older_than_s=GRACE.total_seconds()),
            ),
            "collect orphans": (timedelta(hours=6), lambda going_on: collector.collect(going_on=going_on)),
        },
    )


def _refreshing(platform: Platform) -> dict[str, Chore]:
    """Of what providers list; how old that may be is looked at more often."""
    older_than = timedelta(hours=platform.settings.catalogue_hours)
    if not older_than:
        return {}
    work: Chore = (timedelta(minutes=5), lambda going_on: platform.catalogues.refresh(older_than, going_on))
    return {"refresh catalogues": work}


def _bounds(settings: Settings) -> Bounds:
    return Bounds(max_bytes=settings.max_upload_bytes, max_seconds=settings.max_upload_seconds)


def _scratch(settings: Settings) -> Path:
    """Next to the blobs, so that moving a finished file there is a rename."""
    return settings.blobs.parent / "scratch"


def _built_in(settings: Settings, voices: VoiceCatalogue, nursery: Nursery) -> dict[str, AvatarProvider]:
    providers: dict[str, AvatarProvider] = {"studio": StudioProvider(voices=voices, nursery=nursery)}
    for name, engine in read_engines(settings.engines).items():
        providers[name] = CommandProvider(name=name, engine=engine, voices=voices, nursery=nursery)
    if settings.fake_provider:
        from app.avatars.fake import FakeProvider

        providers["fake"] = FakeProvider(settings.data / "fake-vendor")
    return providers
