// Verdicts of apksig: one line for each path on standard input. Run by `cargo xtask crosscheck`.
//
// Columns: path, "true" or "false", schemes verified (1, 2, 3, X for 3.1, 4, S for the source
// stamp), the first error. A path may be followed by a tab and the path of a v4 signature.

import com.android.apksig.ApkVerifier;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

public final class Verify {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] paths = line.split("\t");
            out.println(line + "\t" + verdict(paths));
        }
    }

    private static String verdict(String[] paths) {
        try {
            ApkVerifier.Builder builder = new ApkVerifier.Builder(new File(paths[0]));
            if (paths.length > 1) {
                builder.setV4SignatureFile(new File(paths[1]));
            }
            ApkVerifier.Result result = builder.build().verify();
            String schemes = (result.isVerifiedUsingV1Scheme() ? "1" : "-")
                    + (result.isVerifiedUsingV2Scheme() ? "2" : "-")
                    + (result.isVerifiedUsingV3Scheme() ? "3" : "-")
                    + (result.isVerifiedUsingV31Scheme() ? "X" : "-")
                    + (result.isVerifiedUsingV4Scheme() ? "4" : "-")
                    + (result.isSourceStampVerified() ? "S" : "-");
            String error = result.getAllErrors().isEmpty() ? "" : result.getAllErrors().get(0).toString();
            return result.isVerified() + "\t" + schemes + "\t" + clean(error);
        } catch (Throwable failure) {
            return "false\t------\t" + clean(failure.toString());
        }
    }

    private static String clean(String text) {
        return text.replaceAll("[\\t\\r\\n]+", " ");
    }
}
