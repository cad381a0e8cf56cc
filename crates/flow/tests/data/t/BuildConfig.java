package t;

/** As the Android build writes it for a debug variant: not a compile-time constant. */
public final class BuildConfig {
    public static final boolean DEBUG = Boolean.parseBoolean("true");
    public static final String HOST = "api.example.com";
}
