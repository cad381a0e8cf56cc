//! Every kind of fact and its fields. A field that is not known is `null` in rules and absent
//! in reports. Class names are in source form with `$` before nested names.

use crate::schema::fact_kinds;
use crate::value::ArgValue;

fact_kinds! {
    /// The application as a whole: what the manifest says, with the platform's defaults applied.
    "application" in application as Application, subject |f| f.package.clone() => {
        /// Package name; the bundle or module name for inputs without one.
        package: String,
        version_name: Option<String>,
        version_code: Option<i64>,
        /// Label in the default configuration.
        label: Option<String>,
        /// As declared; 1 when absent.
        min_sdk: i64,
        /// As declared; the value of `min_sdk` when absent.
        target_sdk: i64,
        max_sdk: Option<i64>,
        compile_sdk: Option<i64>,
        /// True in any configuration.
        debuggable: bool,
        test_only: bool,
        /// Effective: true when absent.
        allow_backup: bool,
        /// As written; null when absent.
        allow_backup_declared: Option<bool>,
        /// Rules that govern backup on the levels the app targets were found and exclude something.
        backup_rules: bool,
        /// Effective `android:usesCleartextTraffic`, before the network security config.
        uses_cleartext: bool,
        /// Path of the network security config in the package.
        network_security_config: Option<String>,
        shared_user_id: Option<String>,
        extract_native_libs: Option<bool>,
        application_class: Option<String>,
        task_affinity: Option<String>,
        allow_task_reparenting: bool,
        /// Has at least one component or activity with code.
        has_code: bool,
        /// A library or SDK (AAR, JAR), not an app.
        is_library: bool,
        /// A split without a base.
        is_split: bool,
        /// A packer hides the code: code rules cannot decide.
        packed: bool,
        /// Instruments another app: a test APK.
        is_instrumentation: bool,
    }

    /// An activity, service, receiver or provider.
    "component" in components as Component, subject |f| f.name.clone() => {
        /// `activity`, `activity-alias`, `service`, `receiver` or `provider`.
        kind: String,
        /// Full class name.
        name: String,
        /// Class that runs: the target of an alias, else `name`.
        target: String,
        /// Effective for the app's target level.
        exported: bool,
        /// As written; null when absent.
        exported_declared: Option<bool>,
        enabled: bool,
        /// Permission that guards it: the component's, else the application's.
        permission: Option<String>,
        /// Providers: permission to read or write, where it differs.
        read_permission: Option<String>,
        write_permission: Option<String>,
        /// The weakest protection of the guarding permissions: `none`, `normal`, `dangerous`,
        /// `signature`, or `undefined` when the permission is defined neither by the platform
        /// nor in the package.
        protection: String,
        /// Has MAIN and LAUNCHER.
        launcher: bool,
        /// Activities: has VIEW and BROWSABLE.
        browsable: bool,
        actions: Vec<String>,
        categories: Vec<String>,
        schemes: Vec<String>,
        hosts: Vec<String>,
        mime_types: Vec<String>,
        /// Has at least one intent filter.
        has_filter: bool,
        /// All actions of its filters can only be sent by the system.
        protected_actions_only: bool,
        /// Highest priority among its filters.
        priority: Option<i64>,
        /// `standard`, `singleTop`, `singleTask`, `singleInstance`, `singleInstancePerTask`.
        launch_mode: Option<String>,
        /// As written; null when absent. Empty string when switched off.
        task_affinity: Option<String>,
        allow_task_reparenting: bool,
        exclude_from_recents: bool,
        authorities: Vec<String>,
        grant_uri_permissions: bool,
        /// Paths of `grant-uri-permission`: `/a` that path, `/a*` all below it, `pattern:...`.
        grant_paths: Vec<String>,
        /// Paths of `path-permission`, in the same form.
        path_permissions: Vec<String>,
        process: Option<String>,
        isolated: bool,
        /// The class is in the package's code; null when the code could not be read.
        class_present: Option<bool>,
        /// Superclasses in the app and the first one of the platform.
        supers: Vec<String>,
        foreground_service_type: Option<i64>,
        direct_boot_aware: bool,
    }

    /// A permission that the app asks for.
    "permission" in permissions as Permission, subject |f| f.name.clone() => {
        name: String,
        /// `normal`, `dangerous`, `signature`, `special` or `unknown` (not of the platform).
        level: String,
        group: Option<String>,
        max_sdk: Option<i64>,
        /// `uses-permission`, `uses-permission-sdk-23` or `component` (written where it has no effect).
        declared_by: String,
        /// A platform permission or one the package defines, in the spelling used.
        known: bool,
        /// The known permission that this may be a misspelling of.
        similar_to: Option<String>,
    }

    /// A permission that the app defines.
    "permission_definition" in permission_definitions as PermissionDefinition, subject |f| f.name.clone() => {
        name: String,
        /// `normal`, `dangerous` or `signature` with flags joined by `|`.
        level: String,
        /// The base level alone: `normal`, `dangerous`, `signature`, `internal`.
        base_level: String,
        group: Option<String>,
        /// Guards at least one exported component.
        guards_exported: bool,
    }

    /// A link that opens an activity.
    "deep_link" in deep_links as DeepLink, subject |f| {
        format!("{}://{}{}", f.scheme, f.host.as_deref().unwrap_or("*"), f.path.as_deref().unwrap_or(""))
    } => {
        component: String,
        scheme: String,
        host: Option<String>,
        /// With the kind of match: `/a`, `/a*`, `pattern:...`.
        path: Option<String>,
        browsable: bool,
        auto_verify: bool,
        /// http or https.
        web: bool,
        exported: bool,
    }

    /// Trust and cleartext as they hold for one set of hosts, defaults of the platform applied.
    "network_policy" in network_policies as NetworkPolicy, subject |f| {
        if f.domains.is_empty() { f.scope.clone() } else { f.domains.join(", ") }
    } => {
        /// `base`, `domain` or `debug`.
        scope: String,
        domains: Vec<String>,
        include_subdomains: bool,
        /// Effective.
        cleartext: bool,
        /// Written in the file or the manifest, or a default of the platform.
        cleartext_declared: bool,
        /// Only loopback, private-range or `.local` hosts.
        local_only: bool,
        /// User-installed certificates are trusted on a current platform.
        user_certificates: bool,
        /// User certificates or own anchors override pins.
        override_pins: bool,
        /// Certificates shipped in the package as anchors.
        custom_anchors: Vec<String>,
        pins: i64,
        /// ISO 8601 date.
        pin_expiration: Option<String>,
        /// The expiration lies before the day of the scan.
        pins_expired: bool,
        /// Where the policy comes from: `config`, `manifest`, `default`.
        source: String,
    }

    /// A path that a FileProvider shares.
    "shared_path" in shared_paths as SharedPath, subject |f| format!("{} {}", f.tag, f.path) => {
        provider: String,
        /// `root-path`, `external-path`, `files-path`, ...
        tag: String,
        name: String,
        path: String,
        /// Everything below the tag's folder: `.`, `/`, empty.
        whole: bool,
    }

    /// One signature scheme of the package.
    "signature" in signatures as Signature, subject |f| f.scheme.clone() => {
        /// `v1`, `v2`, `v3`, `v3.1`, `v4`, `stamp` or `jar` (bundles and libraries).
        scheme: String,
        present: bool,
        /// The signature was checked. Of schemes that no platform of the declared levels goes by
        /// v1 is not: it costs reading every entry.
        checked: bool,
        /// Whether it holds; null when it was not checked.
        verified: Option<bool>,
        algorithms: Vec<String>,
        /// SHA-256 of the signers' certificates.
        signers: Vec<String>,
        problems: Vec<String>,
    }

    /// How the package is signed as a whole.
    "signing" in signing as Signing, subject |f| f.schemes.join("+") => {
        /// Has any signature.
        signed: bool,
        /// A platform of the declared levels would install it.
        verified: bool,
        /// Present schemes.
        schemes: Vec<String>,
        /// Only v1, where minSdk lets affected platforms install it.
        v1_only: bool,
        errors: Vec<String>,
    }

    /// A certificate that signs the package.
    "certificate" in certificates as Certificate, subject |f| f.subject.clone() => {
        sha256: String,
        subject: String,
        issuer: String,
        serial: String,
        not_before: String,
        not_after: String,
        /// `RSA`, `EC`, `DSA`.
        key_algorithm: String,
        key_bits: Option<i64>,
        signature_algorithm: String,
        /// Digest of the certificate's own signature: `SHA1`, `MD5`, `SHA256`.
        digest: String,
        /// An Android debug certificate by its name.
        debug: bool,
        /// A published test key: its name.
        test_key: Option<String>,
        expired: bool,
        self_signed: bool,
        /// The newest key of the signer; false for keys rotated away from.
        current: bool,
    }

    /// Something in the container or the manifest that ordinary tools do not write.
    "anomaly" in anomalies as Anomaly, subject |f| format!("{} {}", f.kind, f.entry) => {
        /// `duplicate-name`, `local-central-mismatch`, `dex-prefix`, ...
        kind: String,
        /// `zip`, `manifest`, `resources` or `dex`.
        layer: String,
        entry: String,
        detail: String,
    }

    /// A file of the package that matters by its content.
    "file" in files as File, subject |f| f.path.clone() => {
        path: String,
        size: i64,
        /// By content: `private-key`, `keystore`, `certificate`, `sqlite`, `apk`, `dex`, `elf`,
        /// `script`, `source-map`, `archive`, ...
        kind: String,
        /// Particulars: key type, whether encrypted, keystore format.
        detail: String,
        encrypted: bool,
    }

    /// A native library.
    "library" in libraries as Library, subject |f| f.path.clone() => {
        path: String,
        name: String,
        abi: String,
        bits: i64,
        nx: bool,
        pie: bool,
        /// `none`, `partial`, `full`.
        relro: String,
        /// Null where no function could need one or the language has none.
        canary: Option<bool>,
        /// Null where nothing could be fortified.
        fortify: Option<bool>,
        rpath: Option<String>,
        runpath: Option<String>,
        text_relocations: bool,
        /// `.symtab` is there.
        symbols: bool,
        /// `.debug_*` sections are there.
        debug_info: bool,
        /// Smallest alignment of loadable segments, bytes: the loader goes by it.
        page_alignment: i64,
        /// Can be loaded on devices with pages of 16 KiB, from where it lies in the package.
        fits_16k: bool,
        executable_stack: bool,
        jni_methods: Vec<String>,
        needed: Vec<String>,
        /// Language or runtime: `c`, `rust`, `go`, `dart`, ...
        language: String,
        build_id: Option<String>,
    }

    /// An address that the app may talk to.
    "endpoint" in endpoints as Endpoint, subject |f| f.url.clone() => {
        url: String,
        scheme: String,
        host: String,
        port: Option<i64>,
        /// `public`, `lan`, `loopback`, `documentation`, `namespace`, `example`.
        kind: String,
        /// Traffic that anybody can read.
        cleartext: bool,
        /// Provider by host: id of the SDK catalogue.
        sdk: Option<String>,
        /// `code`, `resource`, `asset`, `native`, `manifest`.
        source: String,
    }

    /// A secret or identifier written into the package. The value is masked.
    "secret" in secrets as Secret, subject |f| format!("{} {}", f.kind, f.masked) => {
        /// `aws-access-key`, `private-key`, `generic-password`, ...
        kind: String,
        masked: String,
        /// Thousandths of a bit a character.
        entropy: i64,
        /// `secret`, `identifier` (public by design) or `pair`.
        class: String,
        confidence: String,
        /// Name of the field, resource or key beside it.
        name: Option<String>,
        source: String,
        /// SHA-256 of the value, so that versions can be compared without showing it.
        digest: String,
        /// Something in the code refers to it.
        used: bool,
    }

    /// A call of a method that rules ask about, with what is known of its arguments.
    "call" in calls as Call, subject |f| format!("{}.{}", f.class, f.method) => {
        /// The platform or library method as rules name it.
        class: String,
        method: String,
        descriptor: String,
        /// Class in the call itself, where it is a subclass of `class`.
        receiver_class: Option<String>,
        receiver: ArgValue,
        arg0: ArgValue,
        arg1: ArgValue,
        arg2: ArgValue,
        arg3: ArgValue,
        arg4: ArgValue,
        arg5: ArgValue,
        /// What the call returns, as later calls in the method see it.
        result: ArgValue,
        /// The result is not used.
        result_unused: bool,
        caller_class: String,
        caller_method: String,
        /// Superclasses and interfaces of the caller's class.
        caller_supers: Vec<String>,
        /// Conditions that hold whenever the call runs: `field:com.a.BuildConfig.DEBUG`,
        /// `call:java.lang.String.equals`.
        guards: Vec<String>,
        /// Inside a try block that catches everything or its exception.
        caught: bool,
        /// In a loop.
        in_loop: bool,
    }

    /// The body of a method that overrides or implements a method that rules ask about.
    "implementation" in implementations as Implementation, subject |f| format!("{}.{}", f.class, f.method) => {
        class: String,
        method: String,
        descriptor: String,
        /// The supertype's method as rules name it: `javax.net.ssl.HostnameVerifier.verify`.
        overrides: String,
        supers: Vec<String>,
        /// What it returns on all paths, where it is one constant.
        returns: ArgValue,
        /// Some path throws.
        throws: bool,
        /// No instruction but a return.
        empty: bool,
        /// Methods it calls: `java.lang.String.equals`.
        calls: Vec<String>,
        /// Conditional branches on reachable paths.
        branches: i64,
        /// An object of the class is made somewhere in the package.
        instantiated: bool,
    }

    /// Data that flow from one call to another: private information to an outlet, or what others
    /// send to a call that it must not steer.
    "flow" in flows as Flow, subject |f| format!("{} -> {}", f.source_kind, f.sink_method) => {
        /// `device-id`, `location`, `contacts`, ..., or `untrusted` for what others send.
        source_kind: String,
        /// The call that gives it: `android.telephony.TelephonyManager.getDeviceId`.
        source_method: String,
        /// `log`, `sms`, `network`, `file`, `preferences`, ...; what untrusted data must not reach
        /// begins with `x-`: `x-sql`, `x-web`, `x-exec`.
        sink_kind: String,
        sink_method: String,
        source_class: String,
        sink_class: String,
        /// The method that the source's and the sink's call stand in, by its name.
        source_caller: String,
        sink_caller: String,
        /// Methods of the platform and of libraries that the data pass on their way, each once:
        /// `android.util.Base64.encodeToString`.
        through: Vec<String>,
        /// The way it takes: `com.example.Main.onCreate:12`.
        steps: Vec<String>,
    }

    /// A read of a field that rules ask about.
    "field_read" in field_reads as FieldRead, subject |f| format!("{}.{}", f.class, f.field) => {
        class: String,
        field: String,
        caller_class: String,
        caller_method: String,
    }

    /// A third-party SDK or library in the package.
    "sdk" in sdks as Sdk, subject |f| f.id.clone() => {
        /// Id of the catalogue.
        id: String,
        name_zh: String,
        name_en: String,
        provider_zh: String,
        provider_en: String,
        category: String,
        version: Option<String>,
        /// Kinds of evidence: `package`, `component`, `library`, `asset`, `meta-data`, `host`.
        evidence: Vec<String>,
        /// `certain`, `likely`, `clue`.
        certainty: String,
        classes: i64,
        personal_info: Vec<String>,
        licence: Option<String>,
        /// Package URL for the bill of materials.
        purl: Option<String>,
    }

    /// A framework that the app is written in.
    "framework" in frameworks as Framework, subject |f| f.id.clone() => {
        id: String,
        name: String,
        version: Option<String>,
        evidence: Vec<String>,
        /// Where its code lies, that the bytecode rules do not see.
        code: Vec<String>,
    }

    /// A packer or hardening product.
    "packer" in packers as Packer, subject |f| f.id.clone() => {
        id: String,
        name_zh: String,
        name_en: String,
        evidence: Vec<String>,
        /// `packer`, `obfuscator` or `protector`.
        kind: String,
    }

    /// The shape of the app's own code.
    "code_shape" in code_shape as CodeShape, subject |_| "code".to_owned() => {
        classes: i64,
        methods: i64,
        /// Classes that are the app's own.
        own_classes: i64,
        /// Thousandths of the app's own class names that are one or two letters long.
        short_names_permille: i64,
        /// Renamed by an obfuscator; null when the app has too few classes to tell.
        obfuscated: Option<bool>,
        /// Compiler marks: `r8`, `d8`, `dx`, `kotlin`.
        compilers: Vec<String>,
        dex_files: i64,
    }

    /// A view of a layout that matters to a rule.
    "view" in views as View, subject |f| f.id.clone().unwrap_or_else(|| f.class.clone()) => {
        layout: String,
        class: String,
        id: Option<String>,
        hint: Option<String>,
        input_type: Option<i64>,
        /// An input type that hides the text.
        password_type: bool,
        /// Keyboards may learn from it.
        suggestions: bool,
        /// By its id, hint and label it takes a password, PIN or verification code.
        looks_secret: bool,
        /// A button that by its id and label confirms a payment or grants a right.
        confirms: bool,
        on_click: Option<String>,
        filter_touches: bool,
        text: Option<String>,
    }

    /// A string resource's name and value where a rule needs it.
    "resource_string" in resource_strings as ResourceString, subject |f| f.name.clone() => {
        name: String,
        value: String,
    }

    /// A `meta-data` element.
    "meta_data" in meta_data as MetaData, subject |f| f.name.clone() => {
        name: String,
        value: Option<String>,
        /// Component it belongs to; null for the application.
        component: Option<String>,
    }

    /// A way to personal information that the code takes, and when it can run.
    "collection" in collections as Collection, subject |f| format!("{} {}", f.information, f.api) => {
        /// Id of the information type: `imei`, `location`, ...
        information: String,
        /// The platform's method, content address, file, command or property.
        api: String,
        /// `call`, `uri`, `file`, `command`, `property`, `field`, `reflection` or `observed`.
        way: String,
        /// Where the code is that does it.
        class: String,
        method: String,
        /// A path from an entry of the app was found; null when none was looked for.
        reachable: Option<bool>,
        /// `yes`, `no` or `unknown`: whether it can run before the user has consented.
        before_consent: String,
        /// `application`, `provider`, `initializer`, `launcher`, `component`.
        entry_kind: Option<String>,
        entry: Option<String>,
        /// Methods from the entry to the call.
        chain: Vec<String>,
        /// The condition that delays it: `call:com.example.Prefs.isAgreed`.
        condition: Option<String>,
        permission: Option<String>,
        /// The manifest asks for the permission; null when none is needed.
        permission_declared: Option<bool>,
        /// The SDK on whose behalf it happens.
        sdk: Option<String>,
        /// Imported: state of consent when it happened: `none`, `agreed`, `refused`.
        consent: Option<String>,
        /// Imported: the app was in the foreground.
        foreground: Option<bool>,
        /// Imported: milliseconds since the log began.
        time: Option<i64>,
    }

    /// Permissions asked for at run time in one call.
    "permission_request" in permission_requests as PermissionRequest, subject |f| f.permissions.join(", ") => {
        /// Those that are constants in the call.
        permissions: Vec<String>,
        api: String,
        class: String,
        method: String,
        reachable: Option<bool>,
        /// As in `collection`.
        before_consent: String,
        entry_kind: Option<String>,
        entry: Option<String>,
        chain: Vec<String>,
    }

    /// A text of the app that has to do with personal information.
    "privacy_text" in privacy_texts as PrivacyText, subject |f| format!("{} {}", f.kind, f.text) => {
        /// `policy`, `agree`, `refuse`, `withdraw`, `close-account`, `personalised`, `complaint`.
        kind: String,
        text: String,
        /// `code` or `resource`.
        source: String,
    }
}
