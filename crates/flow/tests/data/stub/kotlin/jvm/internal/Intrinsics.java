package kotlin.jvm.internal;

/** Signatures of the Kotlin runtime that compiled Kotlin calls; not part of the built files. */
public class Intrinsics {
    public static void checkNotNullParameter(Object value, String name) {}
    public static void checkNotNullExpressionValue(Object value, String name) {}
    public static void checkNotNull(Object value) {}
    public static void checkNotNull(Object value, String message) {}
    public static boolean areEqual(Object a, Object b) { return false; }
    public static String stringPlus(String a, Object b) { return null; }
}
